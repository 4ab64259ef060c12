import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { nameSchema, type BrokenModel, type ModelEntry, type ModelVersion } from '../api/schemas.js';
import { describeDense, describeVersion, type DescribedDense, type DescribedVersion } from './describe.js';
import { FileCache, Hashes, hashOf, inside, stamp } from './files.js';

/** Makes ONNX of a layers-model. @throws where it cannot */
export type MakeOnnx = (modelJson: string) => Promise<Uint8Array>;

/** A file that may be sent. */
export interface ServedFile {
  path: string;
  /** Of its content: an address that carries it may be kept for ever. */
  hash: string;
}

interface Onnx {
  bytes: Uint8Array;
  hash: string;
}

const isName = (name: string): boolean => nameSchema.safeParse(name).success;

/**
 * The models under a folder: `<name>/model.lop` beside `<name>/dense/model.json`, further versions as
 * `<name>/versions/<id>.lop`, a report beside a version as `<id>.html`. What was read is kept until a file changes.
 */
export class Catalog {
  readonly #versions = new FileCache<DescribedVersion>();
  readonly #dense = new FileCache<DescribedDense>();
  readonly #onnx = new FileCache<Onnx | null>();
  readonly #hashes = new Hashes();

  constructor(
    readonly folder: string,
    private readonly makeOnnx?: MakeOnnx,
  ) {}

  /** By name; what cannot be read says why. */
  async list(): Promise<(ModelEntry | BrokenModel)[]> {
    const names = (await readdir(this.folder)).filter(isName).sort();
    const present = await Promise.all(names.map((name) => this.#holdsModel(name)));
    return Promise.all(
      names
        .filter((_, i) => present[i])
        .map((name) =>
          this.#describe(name).catch((error: unknown) => ({ name, error: (error as Error).message })),
        ),
    );
  }

  /** The `.lop` of a version; undefined where there is none in the folder. */
  versionPath(name: string, id: string): Promise<string | undefined> {
    return this.#inside(this.#lop(name, id));
  }

  /** `<id>.lop` or `<id>.html` of a model. */
  async file(name: string, file: string): Promise<ServedFile | undefined> {
    const match = /^(.+)\.(lop|html)$/.exec(file);
    if (!match) return undefined;
    return this.#served(this.#lop(name, match[1]).replace(/lop$/, match[2]));
  }

  denseFile(name: string, file: string): Promise<ServedFile | undefined> {
    return this.#served(join(this.folder, name, 'dense', file));
  }

  /** The dense original as ONNX; null where it cannot be made. */
  async denseOnnx(name: string): Promise<Onnx | null> {
    const path = await this.#inside(join(this.folder, name, 'dense', 'model.json'));
    if (!path || !this.makeOnnx) return null;
    const make = async (): Promise<Onnx | null> => {
      const bytes = await this.makeOnnx!(path).catch(() => null);
      return bytes && { bytes, hash: hashOf(bytes) };
    };
    return this.#onnx.get(name, [path], make);
  }

  #lop(name: string, id: string): string {
    return id === 'model'
      ? join(this.folder, name, 'model.lop')
      : join(this.folder, name, 'versions', `${id}.lop`);
  }

  #inside(path: string): Promise<string | undefined> {
    return inside(this.folder, path);
  }

  async #served(path: string): Promise<ServedFile | undefined> {
    const real = await this.#inside(path);
    if (real === undefined || (await stamp(real)) === undefined) return undefined;
    return { path: real, hash: await this.#hashes.of(real) };
  }

  async #holdsModel(name: string): Promise<boolean> {
    const files = [this.#lop(name, 'model'), join(this.folder, name, 'dense', 'model.json')];
    const found = await Promise.all(files.map((file) => this.#inside(file)));
    return found.every((path) => path !== undefined);
  }

  async #versionIds(name: string): Promise<string[]> {
    const others = await readdir(join(this.folder, name, 'versions')).catch(() => []);
    const ids = others.filter((file) => file.endsWith('.lop')).map((file) => file.slice(0, -4));
    return ['model', ...ids.filter((id) => isName(id) && id !== 'model')];
  }

  async #describe(name: string): Promise<ModelEntry> {
    const ids = await this.#versionIds(name);
    const described = await Promise.all(ids.map((id) => this.#describeVersion(name, id)));
    const [first] = described;
    const versions = await Promise.all(ids.map((id, i) => this.#version(name, id, described[i])));
    return {
      name,
      title: first.title ?? name,
      labels: first.labels,
      inputShape: first.inputShape,
      preprocessing: first.preprocessing,
      dense: await this.#describeDense(name),
      versions: versions.sort((a, b) => b.kept - a.kept),
    };
  }

  #describeVersion(name: string, id: string): Promise<DescribedVersion> {
    const path = this.#lop(name, id);
    return this.#versions.get(path, [path], () => describeVersion(path));
  }

  async #version(name: string, id: string, { hash, figures }: DescribedVersion): Promise<ModelVersion> {
    const report = await this.file(name, `${id}.html`);
    return {
      id,
      url: `/models/${name}/${id}.lop?v=${hash}`,
      ...figures,
      report: report ? `/models/${name}/${id}.html?v=${report.hash}` : null,
    };
  }

  async #describeDense(name: string): Promise<ModelEntry['dense']> {
    const path = join(this.folder, name, 'dense', 'model.json');
    const { hash, ...figures } = await this.#dense.get(path, [path], () => describeDense(path));
    const onnx = await this.denseOnnx(name);
    return {
      url: `/models/${name}/dense/model.json?v=${hash}`,
      format: 'tfjs-layers',
      ...figures,
      onnx: onnx && { url: `/models/${name}/dense.onnx?v=${onnx.hash}`, bytes: onnx.bytes.length },
    };
  }
}
