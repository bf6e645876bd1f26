// The MPS boards' hardware layer.
#include "shared/runtime/interrupt_char.h"

void mp_hal_set_interrupt_char(int c);

// Start the clock, and SysTick's interrupts, one a millisecond.
void clock_start(void);
