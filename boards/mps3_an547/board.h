// Addresses of the MPS3 board with FPGA image AN547.
#ifndef RUNIC_MPS_BOARD_H
#define RUNIC_MPS_BOARD_H

#define MPS_CLOCK_HZ (32000000)
#define MPS_FPGA_ADDRESS (0x49302000)
#define MPS_COUNTER_HZ (20000000) // what it counts before it is divided, in QEMU
#define MPS_UART_ADDRESS (0x49303000)
#define MPS_UART_INTERRUPT (33)
#define MPS_WATCHDOG_ADDRESS (0x5802e000) // of the always-on domain, secure
#define MPS_WATCHDOG_HZ (32768)

#endif // RUNIC_MPS_BOARD_H
