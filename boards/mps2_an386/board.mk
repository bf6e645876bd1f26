# MPS2 with Arm's AN386: what the compiler and the firmware must know of it.
BOARD_NAME = mps2-an386
MCU_NAME = Cortex-M4F
CPU_FLAGS = -mcpu=cortex-m4 -mfloat-abi=hard -mfpu=fpv4-sp-d16
