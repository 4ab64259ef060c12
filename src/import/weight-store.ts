/** Hands out a foreign model's weights by layer and role, in the graph's layout, and remembers what is missing. */
import { elements, transposed } from '../graph/index.js';
import { importErrors } from './errors.js';
import type { ForeignWeight } from './weights.js';

export class WeightStore {
  private readonly faults: string[] = [];

  constructor(private readonly weights: ReadonlyMap<string, ForeignWeight>) {}

  /**
   * The values of weight `role` of the layer at `path` (names of the models around it, then its own), transposed.
   * A missing one or one of another shape is remembered for `check`, and stands in as zeros.
   */
  take(path: readonly string[], role: string, shape: readonly number[], permutation: number[]): Float32Array {
    const weight = this.find(path, role);
    const name = [...path, role].join('/');
    if (!weight) this.faults.push(`${name}: expected [${shape}], got none`);
    else if (`${weight.shape}` !== `${shape}`) {
      this.faults.push(`${name}: expected [${shape}], got [${weight.shape}]`);
    } else return transposed(weight.data, shape, permutation);
    return new Float32Array(elements(shape));
  }

  /** Throws one ImportError for all that was missing or did not fit. */
  check(model: string): void {
    if (this.faults.length > 0)
      throw importErrors('weight', `${model}: weights do not fit the layers`, this.faults);
  }

  /**
   * tfjs names a weight `layer/role`, or `model/layer/role` where the layer is in a nested model; tf.keras may put
   * further names before or between. So: the full path, the layer alone, then the one name that ends in it.
   */
  private find(path: readonly string[], role: string): ForeignWeight | undefined {
    const layer = path[path.length - 1];
    const exact = this.weights.get([...path, role].join('/')) ?? this.weights.get(`${layer}/${role}`);
    if (exact) return exact;
    const similar = [...this.weights.keys()].filter((name) => {
      const parts = name.split('/');
      return parts[parts.length - 1] === role && parts.slice(0, -1).includes(layer);
    });
    return similar.length === 1 ? this.weights.get(similar[0]) : undefined;
  }
}
