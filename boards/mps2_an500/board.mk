# MPS2 with Arm's AN500: what the compiler and the firmware must know of it.
BOARD_NAME = mps2-an500
MCU_NAME = Cortex-M7F
CPU_FLAGS = -mcpu=cortex-m7 -mfloat-abi=hard -mfpu=fpv5-d16
