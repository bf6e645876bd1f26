# MPS2 with Arm's AN385: what the compiler and the firmware must know of it.
BOARD_NAME = mps2-an385
MCU_NAME = Cortex-M3
CPU_FLAGS = -mcpu=cortex-m3 -mfloat-abi=soft
