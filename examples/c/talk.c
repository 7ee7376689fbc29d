/* Two people at one table: a model's characters from C, polled as a game would once a frame.
 *
 *     cargo build --release --lib --no-default-features --features capi
 *     cc examples/c/talk.c -I. -Ltarget/release -lmynah -Wl,-rpath,target/release -o talk
 *     ./talk MODEL [FILE]          FILE: where the first of them is saved and comes back from
 */
#include <mynah.h>
#include <stdio.h>
#include <string.h>

static int failed(void)
{
    fprintf(stderr, "%s\n", mynah_last_error());
    return 1;
}

/* Frames of a game until nobody speaks: each works for two milliseconds, then shows what has come. */
static int listen(mynah_handle model, const mynah_handle *people, const char *const *names, int count)
{
    mynah_handle speaking = 0;
    for (;;) {
        int busy = 0, i, came;
        double ms = 2.0;
        mynah_event event;
        while ((came = mynah_poll(model, ms, &event)) == 1) {
            ms = 0.0;
            for (i = 0; i < count && people[i] != event.character; i++) {}
            if (event.kind == MYNAH_PIECE) {
                if (event.character != speaking)
                    printf("\n%s: ", names[i]);
                speaking = event.character;
                fwrite(event.text, 1, event.length, stdout);
            } else if (event.kind == MYNAH_ACTION) {
                printf("\n(%s does %s)", names[i], event.text);
            } else if (event.kind == MYNAH_FAILED) {
                printf("\n(%s: %s)", names[i], event.text);
            }
        }
        if (came < 0)
            return -1;
        for (i = 0; i < count; i++)
            busy |= mynah_busy(people[i]) == 1;
        if (!busy)
            break;
    }
    printf("\n");
    return 0;
}

int main(int argc, char **argv)
{
    const char *names[2] = {"Odo", "Marta"};
    mynah_handle model, people[2];

    if (argc < 2) {
        fprintf(stderr, "usage: talk MODEL [FILE]\n");
        return 2;
    }
    if (mynah_version() != MYNAH_VERSION) {
        fprintf(stderr, "mynah.h is version %d, the library is %u\n", MYNAH_VERSION, (unsigned)mynah_version());
        return 1;
    }
    model = mynah_load(argv[1], "{\"quantize\": \"q8\", \"stage\": {\"threads\": 0}}");
    if (!model)
        return failed();
    people[0] = mynah_character(model,
        "{\"persona\": \"You are Odo, a miller.\", \"sampling\": {\"tokens\": 24, \"seed\": 1}}");
    people[1] = mynah_character(model,
        "{\"persona\": \"You are Marta. You keep the inn.\", \"sampling\": {\"tokens\": 24, \"seed\": 2},"
        " \"actions\": [{\"name\": \"pour\", \"args\": [{\"name\": \"cups\", \"kind\": {\"integer\": [1, 3]}}]}]}");
    if (!people[0] || !people[1])
        return failed();

    /* Both speak at once, in one pass over the model; each says what it would say alone. */
    if (mynah_remember(people[0], "The bridge is broken.") || mynah_say(people[0], "Is the bridge open?")
        || mynah_say(people[1], "Is there any ale left?"))
        return failed();
    if (listen(model, people, names, 2))
        return failed();

    /* A line that nobody wants to hear to its end. */
    if (mynah_say(people[1], "And the weather?") || mynah_cancel(people[1]) || listen(model, people, names, 2))
        return failed();

    if (argc > 2) {
        if (mynah_save(people[0], argv[2]) || mynah_free(people[0]))
            return failed();
        people[0] = mynah_restore(model, argv[2]);
        if (!people[0] || mynah_say(people[0], "Where were we?") || listen(model, people, names, 2))
            return failed();
    }

    /* Mistakes are told, and harm nobody. */
    if (mynah_say(12345, "Hello?") != -1 || !strstr(mynah_last_error(), "12345"))
        return 1;
    mynah_free(model); /* and with it its characters */
    return 0;
}
