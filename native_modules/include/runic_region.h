// Marks where a region begins and ends whose instructions bench/count_regions.c counts.
//
//     RUNIC_REGION_BEGIN(7);
//     work();
//     RUNIC_REGION_END(7);
//
// A marker is one hint instruction that Arm cores take for NOP; the number is a literal, 0 to 63.
// Only to find something out: markers stay in no source file.

#ifndef RUNIC_REGION_H
#define RUNIC_REGION_H

#define RUNIC_REGIONS (64)
#define RUNIC_REGION_BEGIN(number) RUNIC_REGION_HINT(0x40 + (number))
#define RUNIC_REGION_END(number) RUNIC_REGION_HINT(0x80 + (number))
#define RUNIC_REGION_HINT(hint) __asm__ volatile (".hword 0xf3af, 0x8000 + %c0" :: "i" (hint) : "memory")

#endif // RUNIC_REGION_H
