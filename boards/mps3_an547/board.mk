# MPS3 with Arm's AN547: what the compiler and the firmware must know of it.
BOARD_NAME = mps3-an547
MCU_NAME = Cortex-M55
CPU_FLAGS = -mcpu=cortex-m55 -mfloat-abi=hard -mfpu=auto
