/* Mynah for C and everything that calls C: characters of a game that talk.
 *
 * Build the library with `cargo build --release --lib --no-default-features --features capi`: it is libmynah.so
 * (libmynah.dylib, mynah.dll) in target/release. examples/c/talk.c shows all of it.
 *
 *     mynah_handle bird = mynah_load("tavern.gguf", "{\"stage\": {\"threads\": 0}}");
 *     mynah_handle odo = mynah_character(bird, "{\"persona\": \"You are Odo, a miller.\"}");
 *     mynah_say(odo, "Is the bridge open?");
 *     every frame:
 *         mynah_event event;
 *         for (double ms = 2.0; mynah_poll(bird, ms, &event) == 1; ms = 0.0) {
 *             if (event.kind == MYNAH_PIECE) show(event.character, event.text);
 *         }
 *     mynah_free(bird);
 *
 * Failures. A function that gives a handle gives 0, one that gives an int gives -1, and mynah_last_error tells why in
 * one sentence. Nothing that is given to a function here ends the program: null pointers, handles that were freed or
 * never there, and texts that are not UTF-8 are failures like any other.
 *
 * Threads. Every function may be called from any thread at any time. Calls for the same model and its characters wait
 * for one another, and mynah_poll may take its whole budget: to poll one model from two threads is allowed but of no
 * use. Calls for different models do not wait. With `stage.threads` 1 a worker of the model does the work and mynah_poll
 * only collects; with 0 there is no other thread, and all work is done inside mynah_poll.
 *
 * Texts are UTF-8 and end with 0. Those that are given to the library may go once the function has returned; how long
 * those that it gives last is told with each.
 *
 * What is here keeps its meaning as long as MYNAH_VERSION stays; new functions may come.
 */
#ifndef MYNAH_H
#define MYNAH_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this interface, and that of the library that is there. */
#define MYNAH_VERSION 1
uint32_t mynah_version(void);

/* A model or a character; 0 is none. The number of something freed is never given again. */
typedef uint64_t mynah_handle;

/* Loads a model for generation from a file of any known format (Mynah's own, GGUF, a Hugging Face folder, llama2.c).
 * `options` is JSON or null:
 *   {"quantize": "q8" or "q4",           its matrices in 8 or 4 bits; without, as they are in the file
 *    "stage": {"threads": 1,             1 (without, the same): a worker does the work; 0: mynah_poll does
 *              "prefill": 16,            most tokens of a prompt in a slice of work, from 1 to 64
 *              "warm_up": true}}         read a character's prompt before it is first spoken to */
mynah_handle mynah_load(const char *path, const char *options);

/* A character that speaks with `model`. `config` is JSON or null:
 *   {"persona": "You are Odo, a miller.",
 *    "adapter": "odo.safetensors", "adapter_weight": 1.0,
 *    "sampling": {"tokens": 60, "temperature": 0.8, "top_p": 0.95, "seed": 1, ...},   as `help "generate"` tells
 *    "actions": [{"name": "give", "args": [{"name": "item", "kind": {"one_of": ["bread", "ale"]}},
 *                                          {"name": "count", "kind": {"integer": [1, 9]}}]}],
 *                kinds: {"text": 40} (characters at most), one_of, integer, "number", "flag"
 *    "memory": {"tokens": 48, "facts": 3, ...}, "knows": ["village"]} */
mynah_handle mynah_character(mynah_handle model, const char *config);

/* A character as mynah_save wrote it: who it is, what was said, what it remembers. */
mynah_handle mynah_restore(mynah_handle model, const char *path);
int mynah_save(mynah_handle character, const char *path);

/* Says something to a character and returns at once; its line comes from mynah_poll. While it is speaking, what is said
 * waits its turn. */
int mynah_say(mynah_handle character, const char *text);

/* 1 while the character has a line that is not over, else 0. */
int mynah_busy(mynah_handle character);

/* Breaks off the character's line, and those that wait, within one token. */
int mynah_cancel(mynah_handle character);

/* Lets the character remember a fact, and think of it when it matters. */
int mynah_remember(mynah_handle character, const char *fact);

/* What came of a line. */
enum {
    MYNAH_PIECE = 1,     /* more of its words: `text` */
    MYNAH_ACTION = 2,    /* what the character does at its end: `text` is {"name": "give", "args": {"item": "ale"}} */
    MYNAH_END = 3,       /* it is over */
    MYNAH_CANCELLED = 4, /* it was broken off; it is over */
    MYNAH_FAILED = 5     /* it could not be spoken to its end for the reason in `text`; it is over */
};

typedef struct mynah_event {
    mynah_handle character; /* whose line it is */
    const char *text;       /* never null; until the next mynah_poll or mynah_free for this model */
    size_t length;          /* bytes of `text` without the 0 at its end */
    int32_t kind;           /* one of the above */
} mynah_event;

/* Works on the lines of all characters of `model` for at most `milliseconds` (with 0, and where a worker does it, not at
 * all), then gives the next event: 1 and `event` filled in, or 0 if there is none. */
int mynah_poll(mynah_handle model, double milliseconds, mynah_event *event);

/* Frees a character, in the middle of a line if need be, or a model and all its characters. 0 is left alone. */
int mynah_free(mynah_handle handle);

/* Why the last function that failed in this thread did so; never null. Until the next failure in this thread. */
const char *mynah_last_error(void);

#ifdef __cplusplus
}
#endif
#endif
