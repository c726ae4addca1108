# SPDX-License-Identifier: Apache-2.0
# For a recipe that builds the AVS Device SDK, 1.18 or later, with inherit cmake: its HTTP/2 transport
# is avs-shim. The SDK's own tree is as it was.
DEPENDS += "avs-shim"
EXTRA_OECMAKE += "-DEXTENSION_PATHS=${RECIPE_SYSROOT}${datadir}/avs-shim/sdk/extension"
