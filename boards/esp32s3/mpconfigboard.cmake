# RunicOS's settings of an ESP32-S3 module, behind MicroPython's own: the partitions of 8 MB flash.

file(WRITE ${CMAKE_BINARY_DIR}/sdkconfig.runicos
    "CONFIG_PARTITION_TABLE_CUSTOM_FILENAME=\"${CMAKE_CURRENT_LIST_DIR}/partitions.csv\"\n")
list(APPEND SDKCONFIG_DEFAULTS ${CMAKE_BINARY_DIR}/sdkconfig.runicos)
