################################################################################
#
# avs-shim
#
################################################################################

# this tree is part of avs-shim's own, which is what is built
AVS_SHIM_SITE = $(BR2_EXTERNAL_AVS_SHIM_PATH)/../..
AVS_SHIM_SITE_METHOD = local
AVS_SHIM_OVERRIDE_SRCDIR_RSYNC_EXCLUSIONS = --exclude /build*
AVS_SHIM_LICENSE = Apache-2.0
AVS_SHIM_LICENSE_FILES = LICENSE
AVS_SHIM_INSTALL_STAGING = YES
AVS_SHIM_DEPENDENCIES = host-pkgconf libcurl nghttp2 openssl
AVS_SHIM_CONF_OPTS = \
	-DAVS_BUILD_SAMPLES=OFF \
	-DCMAKE_CXX_COMPILER=

ifeq ($(BR2_PACKAGE_AVS_SHIM_DOCTOR),y)
AVS_SHIM_DEPENDENCIES += json-c zlib
AVS_SHIM_CONF_OPTS += -DAVS_BUILD_DOCTOR=ON
ifeq ($(BR2_PACKAGE_SQLITE),y)
AVS_SHIM_DEPENDENCIES += sqlite
AVS_SHIM_CONF_OPTS += -DAVS_WITH_SQLITE=ON
else
AVS_SHIM_CONF_OPTS += -DAVS_WITH_SQLITE=OFF
endif
else
AVS_SHIM_CONF_OPTS += -DAVS_BUILD_DOCTOR=OFF
endif

ifeq ($(BR2_PACKAGE_AVS_SHIM_SDK),y)
AVS_SHIM_CONF_OPTS += -DAVS_INSTALL_SDK_SOURCES=ON
define AVS_SHIM_REMOVE_SDK_SOURCES
	rm -rf $(TARGET_DIR)/usr/share/avs-shim
endef
AVS_SHIM_POST_INSTALL_TARGET_HOOKS += AVS_SHIM_REMOVE_SDK_SOURCES
else
AVS_SHIM_CONF_OPTS += -DAVS_INSTALL_SDK_SOURCES=OFF
endif

ifeq ($(BR2_PACKAGE_AVS_SHIM)$(BR2_PACKAGE_LIBCURL_OPENSSL),y)
$(error avs-shim needs libcurl with OpenSSL: set BR2_PACKAGE_LIBCURL_OPENSSL=y)
endif

$(eval $(cmake-package))
