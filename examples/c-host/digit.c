/* Reads a digit with a pruned network: the runtime's ABI (docs/runtime.md) from C.
   usage: digit model.lop digit.pgm */
#include "lopper.h"
#include <time.h>

typedef struct {
  uint32_t data, bytes, dtype, rank, dims[6];
  float scale;
  int32_t zero_point;
  uint32_t name, name_bytes;
} Tensor;
typedef struct {
  int32_t code, place;
  double expected, got;
} LoadError;
enum { INPUT, OUTPUT, RUNS = 1000 };

static w2c_lopper lopper;

/* What lies at an offset of the runtime's memory. */
static void *at(uint32_t offset) { return lopper.w2c_memory.data + offset; }

static FILE *open_file(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file) perror(path), exit(1);
  return file;
}

static void load_model(const char *path) {
  FILE *file = open_file(path);
  fseek(file, 0, SEEK_END);
  const uint32_t bytes = ftell(file), room = w2c_lopper_reserve(&lopper, bytes);
  rewind(file);
  if (!room || fread(at(room), 1, bytes, file) != bytes)
    fprintf(stderr, "%s: expected to read %u bytes; check memory and disk\n", path, bytes), exit(1);
  fclose(file);
  if (w2c_lopper_load(&lopper, room, bytes, 1) == 0) return;
  const LoadError *e = at(w2c_lopper_error(&lopper));
  fprintf(stderr, "%s: error %d at %d: expected %g, got %g; see docs/runtime.md, Errors\n", path, e->code, e->place,
          e->expected, e->got);
  exit(1);
}

/* A plain PGM's pixels 0..255, as the numbers 0..1 that this network was trained on. */
static void read_image(const char *path, float *x, uint32_t pixels) {
  FILE *file = open_file(path);
  unsigned columns, rows, most, pixel;
  if (fscanf(file, "P2 %u %u %u", &columns, &rows, &most) != 3 || columns * rows != pixels || most != 255)
    fprintf(stderr, "%s: expected a plain PGM (P2) of %u pixels 0..255\n", path, pixels), exit(1);
  for (uint32_t i = 0; i < pixels; i++) {
    if (fscanf(file, "%u", &pixel) != 1) fprintf(stderr, "%s: expected %u pixels, got %u\n", path, pixels, i), exit(1);
    x[i] = pixel / 255.0f;
  }
  fclose(file);
}

static double now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

int main(int count, char **args) {
  if (count != 3) return fprintf(stderr, "usage: digit model.lop digit.pgm\n"), 2;
  wasm2c_lopper_instantiate(&lopper);
  load_model(args[1]);
  const Tensor *input = at(w2c_lopper_describe(&lopper, INPUT, 0));
  const Tensor *output = at(w2c_lopper_describe(&lopper, OUTPUT, 0));
  if (input->dtype || output->dtype) return fprintf(stderr, "%s: expected f32 input and output\n", args[1]), 1;
  read_image(args[2], at(input->data), input->bytes / sizeof(float));

  const double begin = now_us();
  for (int i = 0; i < RUNS; i++) w2c_lopper_run(&lopper, 0, -1);
  const double us = (now_us() - begin) / RUNS;

  const float *scores = at(output->data);
  uint32_t best = 0;
  for (uint32_t i = 0; i < output->bytes / sizeof(float); i++) {
    printf("%u %.9g\n", i, scores[i]);
    if (scores[i] > scores[best]) best = i;
  }
  printf("digit %u, score %.3f, %.1f us a run\n", best, scores[best], us);
}
