// SPDX-License-Identifier: Apache-2.0

// The least that anybody must do to know whether a tree changed: two threads that read the directories
// below an argument and call lstat on each name. Prints the number of files.
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *waiting[1 << 20];
static int count, working;
static long files;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t change = PTHREAD_COND_INITIALIZER;

static void add(char *path) {
    pthread_mutex_lock(&lock);
    if (count == 1 << 20) abort();
    waiting[count++] = path;
    pthread_cond_signal(&change);
    pthread_mutex_unlock(&lock);
}

static char *next(void) {
    pthread_mutex_lock(&lock);
    while (count == 0 && working > 0) pthread_cond_wait(&change, &lock);
    char *path = count > 0 ? waiting[--count] : NULL;
    if (path) working++;
    pthread_mutex_unlock(&lock);
    return path;
}

static void *walk(void *unused) {
    (void)unused;
    for (char *path; (path = next());) {
        long found = 0;
        DIR *directory = opendir(path);
        if (!directory) abort();
        for (struct dirent *entry; (entry = readdir(directory));) {
            if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
            struct stat status;
            if (fstatat(dirfd(directory), entry->d_name, &status, AT_SYMLINK_NOFOLLOW)) abort();
            if (S_ISDIR(status.st_mode)) {
                char *below;
                if (asprintf(&below, "%s/%s", path, entry->d_name) < 0) abort();
                add(below);
            } else {
                found++;
            }
        }
        closedir(directory);
        free(path);
        pthread_mutex_lock(&lock);
        files += found;
        working--;
        pthread_cond_broadcast(&change);
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    add(strdup(argv[1]));
    pthread_t threads[2];
    for (int index = 0; index < 2; index++) pthread_create(&threads[index], NULL, walk, NULL);
    for (int index = 0; index < 2; index++) pthread_join(threads[index], NULL);
    printf("%ld\n", files);
    return 0;
}
