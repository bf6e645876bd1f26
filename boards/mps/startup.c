// From reset to main(): vectors, floating point, memory.
#include <stdint.h>
#include <string.h>

#include "py/mpconfig.h"
#include "faults.h"

#define COPROCESSOR_ACCESS (*(volatile uint32_t *)0xe000ed88)
#define FLOATING_POINT_FULL (0xfu << 20)
#define INTERRUPTS (64)

extern uint32_t stack_top;
extern uint8_t data_start, data_end, data_load, bss_start, bss_end;

int main(void);
void fault_handler(void);
void SysTick_Handler(void);
void uart_receive_handler(void);

// Nothing here may use floating point before it is on, or a variable before it is set.
NORETURN __attribute__((used)) static void start(void) {
    #if defined(__ARM_FP) || defined(__ARM_FEATURE_MVE)
    COPROCESSOR_ACCESS |= FLOATING_POINT_FULL;
    __asm volatile ("dsb\n isb" ::: "memory");
    #endif
    memcpy(&data_start, &data_load, (size_t)(&data_end - &data_start));
    memset(&bss_start, 0, (size_t)(&bss_end - &bss_start));
    main();
    fault_restart("main() returned");
}

__attribute__((naked)) void Reset_Handler(void) {
    __asm volatile ("ldr r0, =stack_top\n mov sp, r0\n b %0" :: "i" (start));
}

typedef void (*handler_t)(void);

const handler_t vectors[16 + INTERRUPTS] __attribute__((section(".vectors"), used)) = {
    [0] = (handler_t)&stack_top,
    [1] = Reset_Handler,
    [2 ... 14] = fault_handler,
    [15] = SysTick_Handler,
    // Of the devices' interrupts only the UART's is ever enabled.
    [16 ... 16 + INTERRUPTS - 1] = uart_receive_handler,
};

// Newlib's library functions end here when they give up.
NORETURN void abort(void) {
    fault_restart("abort()");
}

NORETURN void _exit(int status) {
    (void)status;
    fault_restart("exit()");
}
