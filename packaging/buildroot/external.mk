include $(sort $(wildcard $(BR2_EXTERNAL_AVS_SHIM_PATH)/package/*/*.mk))
