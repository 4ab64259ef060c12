import type { CriterionName } from './criteria.js';
import type { GradualOptions, LayerSchedule, ScheduleOptions } from './schedule-schema.js';
import type { Scope } from './targets.js';

/** What of a recipe's `prune` a schedule has to fit. */
interface Scheduled {
  schedule: ScheduleOptions;
  criterion: CriterionName;
  scope: Scope;
  pattern?: readonly [number, number];
}

const KEY = 'recipe.prune.schedule';
/** Scopes in which layers share one sparsity, so that one progress holds for all. */
const SHARING: readonly string[] = ['global', 'lamp', 'sensitivity', 'latency'];
const OF_SUPERMASK: readonly Scope[] = ['layer', 'output', 'global', 'erk'];

/**
 * What is wrong with a schedule, as `recipe.prune.schedule.key: expected ..., got ...`; undefined where nothing is.
 *
 * @param epochs of the recovery; absent: there is none
 */
export function scheduleFault(prune: Scheduled, epochs?: number): string | undefined {
  const { schedule, scope } = prune;
  if (epochs === undefined) return untrainedFault(schedule);
  if (schedule.type === 'supermask') {
    if (OF_SUPERMASK.includes(scope)) return undefined;
    return `recipe.prune.scope: expected ${OF_SUPERMASK.map((name) => `"${name}"`).join(' or ')} with a supermask, got "${scope}"`;
  }
  if (schedule.type === 'lottery') return lotteryFault(schedule, prune.criterion, epochs);
  return (
    gradualFault(schedule, epochs) ?? sharingFault(schedule, scope) ?? regrowFault(schedule, prune, epochs)
  );
}

function untrainedFault({ type, ...rest }: ScheduleOptions): string | undefined {
  if (type === 'lottery' || type === 'supermask')
    return `${KEY}.type: expected a schedule without training, got "${type}", which trains; add recover, with its epochs`;
  if ('regrow' in rest && rest.regrow)
    return `${KEY}.regrow: expected none without training; add recover, with its epochs`;
  return undefined;
}

function lotteryFault(
  { rewind, epoch }: Extract<ScheduleOptions, { type: 'lottery' }>,
  criterion: CriterionName,
  epochs: number,
): string | undefined {
  if (criterion === 'movement')
    return `recipe.prune.criterion: expected one of trained weights with a lottery, got "movement"`;
  if (rewind === 'early' && epoch === undefined)
    return `${KEY}.epoch: expected the epoch that rewind "early" goes back to, got nothing`;
  if (rewind !== 'early' && epoch !== undefined)
    return `${KEY}.epoch: expected none with rewind "${rewind}", got ${epoch}; it is for rewind "early"`;
  if (epoch !== undefined && epoch >= epochs)
    return `${KEY}.epoch: expected one before the ${epochs} epochs of recover are over, got ${epoch}`;
  return undefined;
}

function gradualFault(schedule: GradualOptions, epochs: number): string | undefined {
  const own = Object.entries(schedule.layers ?? {}).map(([pattern, each]) =>
    rangeFault(each, `${KEY}.layers.${pattern}`, epochs),
  );
  return [rangeFault(schedule, KEY, epochs), ...own].find((fault) => fault !== undefined);
}

function rangeFault(schedule: LayerSchedule, key: string, epochs: number): string | undefined {
  if (!('begin' in schedule)) return undefined;
  const { begin } = schedule;
  const end = 'end' in schedule ? schedule.end : undefined;
  if (begin > epochs) return `${key}.begin: expected at most the ${epochs} epochs of recover, got ${begin}`;
  if (end !== undefined && (end < begin || end > epochs))
    return `${key}.end: expected an epoch in ${begin}..${epochs}, got ${end}`;
  return undefined;
}

function sharingFault({ layers }: GradualOptions, scope: Scope): string | undefined {
  if (layers === undefined || !SHARING.includes(scope)) return undefined;
  return `${KEY}.layers: expected none with scope "${scope}", which cuts all layers together; use scope "layer"`;
}

function regrowFault(
  { regrow }: GradualOptions,
  { scope, pattern }: Scheduled,
  epochs: number,
): string | undefined {
  if (!regrow) return undefined;
  if (pattern)
    return `${KEY}.regrow: expected none with pattern ${pattern.join(':')}, which regrowing breaks`;
  if (scope === 'output') return `${KEY}.regrow: expected none with scope "output", which regrowing breaks`;
  if (regrow.end !== undefined && regrow.end > epochs)
    return `${KEY}.regrow.end: expected at most the ${epochs} epochs of recover, got ${regrow.end}`;
  return undefined;
}
