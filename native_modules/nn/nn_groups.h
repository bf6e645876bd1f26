// Which groups of ops a firmware has, besides those that it always has.
//
// All of them, unless the build says NN_SOME_GROUPS and NN_GROUP_<NAME>=1 for
// each that it wants; micropython.mk and .cmake do so from NN_OPS. An op that is
// in no table is in no firmware: the linker drops what nothing calls.

#ifndef NN_GROUPS_H
#define NN_GROUPS_H

#ifndef NN_SOME_GROUPS
#define NN_GROUP_FUNCTIONS (1) // functions of one number, MAXIMUM, SUB, comparisons, CAST
#define NN_GROUP_SHAPES (1) // slices, turns, SPLIT, PACK, GATHER, SPACE_TO_DEPTH
#define NN_GROUP_RESIZE (1)
#define NN_GROUP_REDUCE (1) // SUM, REDUCE_MAX, ARG_MAX, ARG_MIN
#define NN_GROUP_RECURRENT (1) // SVDF, UNIDIRECTIONAL_SEQUENCE_LSTM
#define NN_GROUP_INT16 (1) // what computes with data of int16
#define NN_GROUP_INT4 (1) // layers with weights of int4
#define NN_GROUP_MATRICES (1) // BATCH_MATMUL, TRANSPOSE_CONV, L2_NORMALIZATION
#endif

// A row of the table of kernels when its group is there, nothing when it is not.
#define CORE(...) NN_ROW(__VA_ARGS__)

#if NN_GROUP_FUNCTIONS
#define FUNCTIONS(...) NN_ROW(__VA_ARGS__)
#else
#define FUNCTIONS(...)
#endif

#if NN_GROUP_SHAPES
#define SHAPES(...) NN_ROW(__VA_ARGS__)
#else
#define SHAPES(...)
#endif

#if NN_GROUP_RESIZE
#define RESIZE(...) NN_ROW(__VA_ARGS__)
#else
#define RESIZE(...)
#endif

#if NN_GROUP_REDUCE
#define REDUCE(...) NN_ROW(__VA_ARGS__)
#else
#define REDUCE(...)
#endif

#if NN_GROUP_MATRICES
#define MATRICES(...) NN_ROW(__VA_ARGS__)
#else
#define MATRICES(...)
#endif

#if NN_GROUP_INT16
#define INT16(...) NN_ROW(__VA_ARGS__)
#else
#define INT16(...)
#endif

#if NN_GROUP_INT4
#define INT4(...) NN_ROW(__VA_ARGS__)
#else
#define INT4(...)
#endif

#if NN_GROUP_RECURRENT
#define RECURRENT(...) NN_ROW(__VA_ARGS__)
#else
#define RECURRENT(...)
#endif

#endif // NN_GROUPS_H
