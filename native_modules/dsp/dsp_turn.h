// Tables of twiddle factors in flash: one for each number type, for every length up to the longest.
//
// The longest length, 2048 or 4096, is the same for all transforms. Tables take 5 bytes of flash for each
// of its values.

#ifndef DSP_TURN_H
#define DSP_TURN_H

#include <stdint.h>

#ifndef DSP_RFFT_LONGEST
#define DSP_RFFT_LONGEST (2048)
#endif

// cos(2*pi*k / DSP_RFFT_LONGEST) for half a turn.
extern const float dsp_cosines[DSP_RFFT_LONGEST / 2];

// -cos(2*pi*k / DSP_RFFT_LONGEST) in the lower half of a word and -sin in the upper one, in Q15, for
// three quarters of a turn. Negative, because -1 is a Q15 number and 1 is none.
extern const uint32_t dsp_twiddles_q15[DSP_RFFT_LONGEST / 4 * 3];

#endif // DSP_TURN_H
