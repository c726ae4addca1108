/* SPDX-License-Identifier: Apache-2.0 */
/* One GET over HTTP/2, by the transport: get URL [CA-FILE [HOST:PORT to connect to]]
 *     cc get.c $(pkg-config --cflags --libs avs-shim) -o get && ./get https://www.amazon.com */
#include <semaphore.h>
#include <stdio.h>

#include <avs/client.h>

static enum avs_sink_result print(void *user, uint64_t id, const uint8_t *bytes, size_t length) {
    (void)user, (void)id;
    return fwrite(bytes, 1, length, stdout) == length ? AVS_SINK_SUCCESS : AVS_SINK_ABORT;
}

static void finished(void *user, uint64_t id, enum avs_finish finish, const struct avs_failure *f) {
    (void)id, (void)finish;
    if (f) {
        fprintf(stderr, "%s: %s\n", avs_cause_info(f->cause)->id, f->error->message);
    }
    sem_post(user);
}

int main(int argc, char **argv) {
    sem_t end;
    sem_init(&end, 0, 0);
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_client *client = NULL;
    const struct avs_client_options options = {.size = sizeof(options),
                                               .ca_file = argc > 2 ? argv[2] : NULL,
                                               .connect_to = argc > 3 ? argv[3] : NULL};
    const struct avs_request get = {.size = sizeof(get),
                                    .url = argv[1],
                                    .user = &end,
                                    .on_data = print,
                                    .on_finished = finished};
    if (avs_client_new(&options, &client, &error) != AVS_OK ||
        avs_client_submit(client, &get, NULL, &error) != AVS_OK) {
        return fprintf(stderr, "get: %s\n", error.message), 1;
    }
    sem_wait(&end); /* the promise: on_finished comes, exactly once */
    avs_client_free(client);
}
