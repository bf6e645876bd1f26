// Addresses of the MPS2 board with FPGA image AN500.
#ifndef RUNIC_MPS_BOARD_H
#define RUNIC_MPS_BOARD_H

#define MPS_CLOCK_HZ (25000000)
#define MPS_FPGA_ADDRESS (0x40028000)
#define MPS_COUNTER_HZ (25000000) // what it counts before it is divided, in QEMU
#define MPS_UART_ADDRESS (0x40004000)
#define MPS_UART_INTERRUPT (0)
#define MPS_WATCHDOG_ADDRESS (0x40008000)
#define MPS_WATCHDOG_HZ (25000000)

#endif // RUNIC_MPS_BOARD_H
