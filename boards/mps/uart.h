// The serial line: a CMSDK UART whose input is put aside by an interrupt until somebody asks for it.
#ifndef RUNIC_MPS_UART_H
#define RUNIC_MPS_UART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void uart_start(void);

// Called every millisecond.
void uart_tick(void);

bool uart_has_input(void);
bool uart_can_send(void);

// Return the next byte of input, or -1.
int uart_take(void);

// Drop a Ctrl-C that waits as input, and say whether there was one.
bool uart_drop_interrupt(void);

// Send bytes and return how many were taken: a host that takes none for half a second is gone, and
// from then on what finds no room is dropped at once.
size_t uart_send(const uint8_t *bytes, size_t length);

#endif // RUNIC_MPS_UART_H
