/** What docs/embed.md says, as types: test/runtime/types.test.ts compiles it against the packed runtime, and never runs it. */
import { load, LopperError, type Model, type TensorInfo, type Values } from 'lopper-runtime';
import { imageInput, imageReader, top, type Scored } from 'lopper-runtime/image';
import { load as loadInline } from 'lopper-runtime/inline';
import { load as loadFull } from 'lopper-runtime/inline-full';
import { load as loadReference, type PortableModel } from 'lopper-runtime/reference';
import { loadWorker, type AsyncModel } from 'lopper-runtime/worker';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Equal<A, B>): void => {};

export async function sources(bytes: Uint8Array, response: Response, signal: AbortSignal): Promise<Model> {
  await load('digits.lop');
  await load(new URL('https://example.org/digits.lop'), { signal });
  await load(bytes.buffer as ArrayBuffer, { batch: 4, threads: 2, build: 'relaxed-simd', skipZeros: true });
  await load(response, { wasm: bytes as Uint8Array<ArrayBuffer> });
  // @ts-expect-error a number is no source
  await load(7);
  // @ts-expect-error no such build
  await load(bytes, { build: 'avx' });
  // @ts-expect-error misspelt
  await load(bytes, { thread: 2 });
  // @ts-expect-error the build is inside the script
  await loadInline(bytes, { build: 'simd128' });
  await loadFull(bytes, { batch: 2, signal });
  return load(bytes, { module: {} as WebAssembly.Module });
}

export function model(it: Model, input: Float32Array): void {
  same<Model['inputs'], readonly TensorInfo[]>(true);
  same<TensorInfo['dtype'], 'f32' | 'i8'>(true);
  same<Model['build'], 'simd128' | 'relaxed-simd' | undefined>(true);
  const [{ name, shape, scale, zeroPoint }] = it.inputs;
  const sizes: readonly number[] = shape;
  const text: string = name;
  const numbers: number[] = [scale, zeroPoint, it.threads, it.batch, it.memoryBytes];
  const outputs: readonly Values[] = it.run(input);
  it.run(new Int8Array(4), input);
  const [{ ms, op, kept }] = it.profile(5);
  // @ts-expect-error unknown until it is checked
  const labels: string[] = it.metadata['labels'];
  // @ts-expect-error f64 is no input
  it.run(new Float64Array(4));
  // @ts-expect-error a plain list is no input
  it.run([1, 2]);
  // @ts-expect-error it is read only
  it.batch = 2;
  // @ts-expect-error outputs too
  outputs[0] = input;
  console.log(sizes, text, numbers, ms, op, kept, labels);
  it.dispose();
}

export async function others(it: Model, bytes: Uint8Array, video: HTMLVideoElement): Promise<void> {
  const worker: AsyncModel = await loadWorker(bytes, { threads: 2, worker: '/worker.js' });
  const answers: Values[] = await worker.runAsync([new Float32Array(4)], { transfer: true });
  await worker.runAsync(new Int8Array(4), { signal: AbortSignal.timeout(5) });
  // @ts-expect-error inputs are one array, or a list
  await worker.runAsync(new Float32Array(4), new Float32Array(4));
  const portable: PortableModel = await loadReference(bytes, { batch: 2 });
  // @ts-expect-error there are no threads
  await loadReference(bytes, { threads: 2 });
  const read = imageReader(it);
  for (const each of [it, portable]) each.run(imageInput(each, video), read(video));
  imageInput(worker, {} as ImageData, { invert: true });
  const best: Scored[] = top(answers[0], it.metadata['labels'], 3);
  // whatever runs a model can take either
  const either: Pick<
    Model,
    'inputs' | 'outputs' | 'metadata' | 'batch' | 'profile' | 'dispose' | 'memoryBytes'
  > = portable;
  console.log(best, either);
}

export function refused(error: unknown): string | undefined {
  return error instanceof LopperError ? error.code : undefined;
}
