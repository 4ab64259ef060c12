/** Hands out a foreign model's weights by layer and role, in the graph's layout, and remembers what is missing. */
import { transposed } from '../../graph/index.js';
import { importErrors } from '../errors.js';
import { countNotFinite, type ForeignWeight } from '../weights.js';

/** Where weights come from. */
export interface WeightSource {
  /**
   * @param path names of the models around the layer, then its own
   * @param index how many weights of this layer were asked for before
   */
  find(path: readonly string[], role: string, index: number): ForeignWeight | undefined;
}

export class WeightStore {
  /** Weights that are missing or of another shape, and those with numbers that are none. */
  private readonly faults: string[] = [];
  private readonly notFinite: string[] = [];
  private readonly taken = new Map<string, number>();

  constructor(private readonly source: WeightSource) {}

  /**
   * The values of weight `role` of the layer at `path`, transposed.
   * A missing one or one of another shape is remembered for `check`, and stands in as nothing.
   */
  take(path: readonly string[], role: string, shape: readonly number[], permutation: number[]): Float32Array {
    const layer = path.join('/');
    const index = this.taken.get(layer) ?? 0;
    this.taken.set(layer, index + 1);
    const weight = this.source.find(path, role, index);
    if (weight && `${weight.shape}` === `${shape}`) {
      const count = countNotFinite(weight.data);
      if (count > 0)
        this.notFinite.push(`${layer}/${role}: ${count} of ${weight.data.length} are NaN or infinite`);
      return transposed(floats(weight.data), shape, permutation);
    }
    this.faults.push(`${layer}/${role}: expected [${shape}], got ${weight ? `[${weight.shape}]` : 'none'}`);
    return new Float32Array(0);
  }

  /** Throws one ImportError for all that was missing or did not fit, or for all that was not finite. */
  check(model: string): void {
    if (this.faults.length > 0)
      throw importErrors('weight', `${model}: weights do not fit the layers`, this.faults);
    if (this.notFinite.length > 0)
      throw importErrors('value', `${model}: weights: expected finite numbers, got`, this.notFinite);
  }
}

function floats(data: ForeignWeight['data']): Float32Array {
  return data instanceof Float32Array ? data : Float32Array.from(data);
}

/** Roles that Keras 3 calls otherwise. */
const ALSO: Readonly<Record<string, string>> = { depthwise_kernel: 'kernel' };

/** Weights by name, as tfjs and .h5 files have them. */
export class NamedWeights implements WeightSource {
  /** Role -> names that end in it. */
  private readonly byRole = new Map<string, string[]>();

  /** @param read gives the weight of one of the names */
  constructor(
    names: readonly string[],
    private readonly read: (name: string) => ForeignWeight | undefined,
  ) {
    for (const name of names) {
      const role = name.slice(name.lastIndexOf('/') + 1);
      this.byRole.set(role, [...(this.byRole.get(role) ?? []), name]);
    }
  }

  /**
   * A weight is named `layer/role`, or `model/layer/role` where the layer is in a nested model; tf.keras may put further
   * names before or between. So: the full path, the layer alone, then the one name with most of the path in it, then the
   * layer around it, whose name alone TimeDistributed gives.
   */
  find(path: readonly string[], role: string): ForeignWeight | undefined {
    const [around, layer] = [undefined, ...path].slice(-2);
    const exact = this.read([...path, role].join('/')) ?? this.read(`${layer}/${role}`);
    const found = exact ?? this.similar(path, role) ?? this.read(`${around}/${role}`);
    return found ?? (ALSO[role] ? this.find(path, ALSO[role]) : undefined);
  }

  private similar(path: readonly string[], role: string): ForeignWeight | undefined {
    let best: string[] = [];
    let most = 0;
    for (const name of this.byRole.get(role) ?? []) {
      const parts = name.split('/');
      if (!parts.includes(path[path.length - 1])) continue;
      const score = path.filter((part) => parts.includes(part)).length;
      if (score > most) [best, most] = [[name], score];
      else if (score === most) best.push(name);
    }
    return best.length === 1 ? this.read(best[0]) : undefined;
  }
}
