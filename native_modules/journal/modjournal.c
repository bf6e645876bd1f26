// Module journal: numbered records in memory that a reset leaves alone; the oldest give way.
//
//     ring = journal.Ring()                            # in the board's own memory; or Ring(bytearray(4096))
//     ring.was_kept                                    # whether there was a journal already
//     ring.write(2, 1, "sine", "it is hot", 1234)      # kind, level, Rune, text, ms since the boot
//     ring.count(8, "sine", 1234, 100, 2)              # the same with numbers of 32 bits
//     ring.lines(None, 0, 10)                          # ([[number, level, Rune, ms, text, boot], ...], next)
//     ring.frames(None, 0, 1000)                       # bytes: whole frames, as docs/saga.md says
//     ring.state()                                     # (boot, oldest, newest, dropped, bytes used, bytes)
//
// Records without a level, as those of count, are no lines. Writing keeps nothing on the heap.

#include <string.h>

#include "py/objarray.h"
#include "py/runtime.h"
#include "journal.h"
#include "journal_memory.h"
#include "runic_arguments.h"
#include "runic_bytes.h"
#include "runic_utf8.h"

#define NO_LEVEL (255)
#define LEVELS (4)
// What the texts of one answer have together, besides the last one's.
#define LINES_BYTES (1024)

static const qstr level_names[LEVELS] = { MP_QSTR_error, MP_QSTR_warning, MP_QSTR_info, MP_QSTR_debug };

typedef struct _ring_obj_t {
    mp_obj_base_t base;
    mp_obj_t memory; // None: the board's own
    bool was_kept;
} ring_obj_t;

// Asked for each time: a bytearray may have moved, and have another size.
static journal_t journal_of(const ring_obj_t *self) {
    if (self->memory == mp_const_none) {
        return (journal_t) { journal_memory(), RUNIC_JOURNAL_BYTES };
    }
    mp_buffer_info_t info;
    mp_get_buffer_raise(self->memory, &info, MP_BUFFER_RW);
    if (info.len < JOURNAL_LEAST_BYTES || info.len > JOURNAL_MOST_BYTES) {
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("a journal has %d to %d bytes"),
            JOURNAL_LEAST_BYTES, JOURNAL_MOST_BYTES);
    }
    return (journal_t) { info.buf, info.len };
}

static mp_obj_t ring_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 0, 1, false);
    ring_obj_t *self = mp_obj_malloc(ring_obj_t, type);
    self->memory = n_args > 0 ? args[0] : mp_const_none;
    journal_t journal = journal_of(self);
    self->was_kept = journal_open(&journal);
    return MP_OBJ_FROM_PTR(self);
}

static mp_obj_t number_of(uint32_t value) {
    return mp_obj_new_int_from_uint(value);
}

// ---- Writing

static uint8_t byte_of(mp_obj_t value_in) {
    mp_int_t value = runic_integer(value_in);
    if (value < 0 || value > 255) {
        mp_raise_ValueError(MP_ERROR_TEXT("kinds and levels are 0 to 255"));
    }
    return (uint8_t)value;
}

// As much of a text as there is room for, without half a character at its end.
static size_t cut(const uint8_t *text, size_t length, size_t most) {
    if (length <= most) {
        return length;
    }
    size_t end = most;
    while (end > 0 && most - end < 4 && (text[end] & 0xc0) == 0x80) {
        --end;
    }
    return (text[end] & 0xc0) == 0x80 ? most : end;
}

static void take_name(journal_frame_t *frame, mp_obj_t name_in) {
    size_t length;
    frame->name = (const uint8_t *)runic_text(name_in, &length);
    frame->name_length = (uint8_t)cut(frame->name, length, JOURNAL_NAME_MAX);
}

static mp_obj_t written(const ring_obj_t *self, const journal_frame_t *frame) {
    journal_t journal = journal_of(self);
    return number_of(journal_write(&journal, frame));
}

// write(kind, level, name, text, ticks_ms): returns the record's number.
static mp_obj_t ring_write(size_t n_args, const mp_obj_t *args) {
    mp_buffer_info_t text;
    mp_get_buffer_raise(args[4], &text, MP_BUFFER_READ);
    journal_frame_t frame = {
        .kind = byte_of(args[1]),
        .level = byte_of(args[2]),
        .ticks_ms = runic_integer_u32(args[5]),
        .payload = text.buf,
        .payload_length = (uint16_t)cut(text.buf, text.len, JOURNAL_PAYLOAD_MAX),
    };
    take_name(&frame, args[3]);
    return written(MP_OBJ_TO_PTR(args[0]), &frame);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(ring_write_obj, 6, 6, ring_write);

// count(kind, name, ticks_ms, *numbers): returns the record's number.
static mp_obj_t ring_count(size_t n_args, const mp_obj_t *args) {
    uint8_t payload[JOURNAL_PAYLOAD_MAX];
    size_t count = n_args - 4;
    if (count > sizeof(payload) / 4) {
        mp_raise_ValueError(MP_ERROR_TEXT("too many numbers"));
    }
    for (size_t i = 0; i < count; ++i) {
        runic_store_u32(payload + 4 * i, runic_integer_u32(args[4 + i]));
    }
    journal_frame_t frame = {
        .kind = byte_of(args[1]),
        .level = NO_LEVEL,
        .ticks_ms = runic_integer_u32(args[3]),
        .payload = payload,
        .payload_length = (uint16_t)(4 * count),
    };
    take_name(&frame, args[2]);
    return written(MP_OBJ_TO_PTR(args[0]), &frame);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR(ring_count_obj, 4, ring_count);

// ---- Reading

// What readers ask for: frames later than a number, of one Rune or of all.
typedef struct _wanted_t {
    const char *name; // NULL: of all
    size_t name_length;
    uint32_t after;
} wanted_t;

static wanted_t wanted_of(mp_obj_t name_in, mp_obj_t after_in) {
    wanted_t wanted = { .after = runic_integer_u32(after_in) };
    if (name_in != mp_const_none) {
        wanted.name = runic_text(name_in, &wanted.name_length);
    }
    return wanted;
}

static bool is_wanted(const wanted_t *wanted, const journal_frame_t *frame) {
    bool is_named = wanted->name == NULL || (wanted->name_length == frame->name_length
        && memcmp(wanted->name, frame->name, frame->name_length) == 0);
    return is_named && frame->number > wanted->after;
}

// What came over a wire, or out of a Rune, need not be text.
static mp_obj_t text_of(const uint8_t *bytes, size_t length) {
    char plain[JOURNAL_PAYLOAD_MAX];
    if (runic_utf8_is_valid(bytes, length)) {
        return mp_obj_new_str((const char *)bytes, length);
    }
    for (size_t i = 0; i < length; ++i) {
        plain[i] = bytes[i] >= 32 && bytes[i] < 127 ? (char)bytes[i] : '?';
    }
    return mp_obj_new_str(plain, length);
}

static mp_obj_t line_of(const journal_frame_t *frame) {
    mp_obj_t items[] = {
        number_of(frame->number),
        MP_OBJ_NEW_QSTR(level_names[frame->level]),
        text_of(frame->name, frame->name_length),
        number_of(frame->ticks_ms),
        text_of(frame->payload, frame->payload_length),
        number_of(frame->boot),
    };
    return mp_obj_new_list(MP_ARRAY_SIZE(items), items);
}

// lines(name, after, limit): ([[number, level, name, ticks_ms, text, boot], ...], next), what is wanted
// next being after that number.
static mp_obj_t ring_lines(size_t n_args, const mp_obj_t *args) {
    uint8_t bytes[JOURNAL_FRAME_MAX];
    journal_frame_t frame;
    journal_t journal = journal_of(MP_OBJ_TO_PTR(args[0]));
    wanted_t wanted = wanted_of(args[1], args[2]);
    mp_int_t left = runic_integer(args[3]);
    size_t taken_bytes = 0;
    uint32_t next = wanted.after;
    mp_obj_t lines = mp_obj_new_list(0, NULL);
    journal_cursor_t cursor = journal_oldest(&journal);
    while (left > 0 && taken_bytes < LINES_BYTES && journal_read(&journal, &cursor, bytes, &frame) != 0) {
        if (is_wanted(&wanted, &frame) && frame.level < LEVELS) {
            mp_obj_list_append(lines, line_of(&frame));
            taken_bytes += frame.payload_length;
            --left;
        }
        next = frame.number > next ? frame.number : next;
    }
    mp_obj_t items[] = { lines, number_of(next) };
    return mp_obj_new_tuple(MP_ARRAY_SIZE(items), items);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(ring_lines_obj, 4, 4, ring_lines);

// frames(name, after, most): whole frames, as they lie, of at most so many bytes together.
static mp_obj_t ring_frames(size_t n_args, const mp_obj_t *args) {
    uint8_t bytes[JOURNAL_FRAME_MAX];
    journal_frame_t frame;
    journal_t journal = journal_of(MP_OBJ_TO_PTR(args[0]));
    wanted_t wanted = wanted_of(args[1], args[2]);
    mp_int_t most = runic_integer(args[3]);
    vstr_t found;
    vstr_init(&found, JOURNAL_FRAME_MAX);
    journal_cursor_t cursor = journal_oldest(&journal);
    for (size_t length; (length = journal_read(&journal, &cursor, bytes, &frame)) != 0;) {
        if (!is_wanted(&wanted, &frame)) {
            continue;
        }
        if (most < (mp_int_t)(found.len + length)) {
            break;
        }
        vstr_add_strn(&found, (const char *)bytes, length);
    }
    return mp_obj_new_bytes_from_vstr(&found);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(ring_frames_obj, 4, 4, ring_frames);

// state(): (boot, oldest number, newest, dropped, bytes used, bytes). Without records the oldest is behind
// the newest.
static mp_obj_t ring_state(mp_obj_t self_in) {
    journal_t journal = journal_of(MP_OBJ_TO_PTR(self_in));
    journal_state_t state = journal_state(&journal);
    journal_cursor_t cursor = journal_oldest(&journal);
    uint8_t bytes[JOURNAL_FRAME_MAX];
    journal_frame_t frame = { .number = state.next };
    journal_read(&journal, &cursor, bytes, &frame);
    mp_obj_t items[] = {
        number_of(state.boot), number_of(frame.number), number_of(state.next - 1), number_of(state.dropped),
        number_of(state.used), number_of((uint32_t)journal.length),
    };
    return mp_obj_new_tuple(MP_ARRAY_SIZE(items), items);
}
static MP_DEFINE_CONST_FUN_OBJ_1(ring_state_obj, ring_state);

static void ring_attr(mp_obj_t self_in, qstr attribute, mp_obj_t *destination) {
    const ring_obj_t *self = MP_OBJ_TO_PTR(self_in);
    if (destination[0] == MP_OBJ_NULL && attribute == MP_QSTR_was_kept) {
        destination[0] = mp_obj_new_bool(self->was_kept);
    } else {
        destination[1] = MP_OBJ_SENTINEL;
    }
}

static const mp_rom_map_elem_t ring_locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_write), MP_ROM_PTR(&ring_write_obj) },
    { MP_ROM_QSTR(MP_QSTR_count), MP_ROM_PTR(&ring_count_obj) },
    { MP_ROM_QSTR(MP_QSTR_lines), MP_ROM_PTR(&ring_lines_obj) },
    { MP_ROM_QSTR(MP_QSTR_frames), MP_ROM_PTR(&ring_frames_obj) },
    { MP_ROM_QSTR(MP_QSTR_state), MP_ROM_PTR(&ring_state_obj) },
};
static MP_DEFINE_CONST_DICT(ring_locals, ring_locals_table);

static MP_DEFINE_CONST_OBJ_TYPE(
    ring_type,
    MP_QSTR_Ring,
    MP_TYPE_FLAG_NONE,
    make_new, ring_make_new,
    attr, ring_attr,
    locals_dict, &ring_locals
    );

static const mp_rom_map_elem_t journal_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_journal) },
    { MP_ROM_QSTR(MP_QSTR_Ring), MP_ROM_PTR(&ring_type) },
};
static MP_DEFINE_CONST_DICT(journal_globals, journal_globals_table);

const mp_obj_module_t journal_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&journal_globals,
};

MP_REGISTER_MODULE(MP_QSTR_journal, journal_module);
