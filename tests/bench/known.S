// A bare-metal program whose regions have counts that follow from reading it; test_counter.py knows them.

    .syntax unified
    .thumb

    .macro begin number
    .hword 0xf3af, 0x8040 + \number
    .endm
    .macro end number
    .hword 0xf3af, 0x8080 + \number
    .endm

    .section .vectors, "a"
    .word stack_top
    .word reset + 1

    .text
    .thumb_func
    .global reset
reset:
    ldr r0, =0xe000ed88     // CPACR: coprocessors 10 and 11, the FPU and MVE
    ldr r1, =0x00f00000
    str r1, [r0]
    dsb
    isb
    ldr r4, =buffer

    // 0: nothing
    begin 0
    end 0

    // 1: ten instructions of both sizes
    begin 1
    .rept 5
    nop
    movw r0, #1234
    .endr
    end 1

    // 2: 1 + 1000 * 3
    begin 2
    mov r0, #1000
2:
    add r1, r1, #1
    subs r0, r0, #1
    bne 2b
    end 2

    // 3: 6 instructions, 1 + 1 + 2 + 4 loads, 2 + 3 stores
    begin 3
    ldr r0, [r4]
    ldrb r1, [r4, #1]
    ldrd r2, r3, [r4, #8]
    strd r2, r3, [r4, #16]
    ldmia r4, {r0, r1, r2, r3}
    push {r0, r1, r2}
    end 3
    add sp, sp, #12

    // 4 encloses 5 and another 5: 1 + 2 + 1 + 3 + 1
    begin 4
    nop
    begin 5
    nop
    nop
    end 5
    nop
    begin 5
    bl called
    nop
    end 5
    nop
    end 4

    // 6: reading and writing a device between other instructions counts them once
    ldr r5, =0xe000e000
    begin 6
    mov r0, #0
    ldr r1, [r5, #0x18]
    str r0, [r5, #0x14]
    add r0, r0, #1
    ldr r1, [r5, #0x1c]
    add r0, r0, #1
    end 6

    // 7: skipped instructions of an IT block are executed, their accesses are not made
    begin 7
    cmp r4, r4
    ite ne
    ldrne r0, [r4]
    streq r0, [r4]
    end 7

    // 8: 10 times 4: code that is translated once and run again
    mov r6, #10
8:
    begin 8
    ldr r0, [r4]
    str r0, [r4, #4]
    bl called
    end 8
    subs r6, r6, #1
    bne 8b

#ifdef WITH_MVE
    // 9: QEMU accesses a vector by its elements: 4 of 32 bits, 16 of 8
    begin 9
    vldrw.u32 q0, [r4]
    vadd.i32 q0, q0, q0
    vstrb.8 q0, [r4, #16]
    end 9
#endif

    ldr r1, =0x20026        // semihosting: exit, as the application
    mov r0, #0x18
    bkpt 0xab
1:
    b 1b

    .thumb_func
    .type called, %function
called:
    bx lr
    .size called, . - called

    .pool

    .bss
    .balign 16
buffer:
    .space 64
stack:
    .space 256
stack_top:
