import type { LayerSchedule, ScheduleOptions } from './schedule-schema.js';

/** What is wrong with a schedule in a recovery of `epochs` epochs (absent: there is none), as a line; undefined where nothing is. */
export function scheduleFault(schedule: ScheduleOptions, scope: string, epochs?: number): string | undefined {
  const key = 'recipe.prune.schedule';
  if (epochs === undefined) return withoutTraining(schedule, key);
  if (schedule.type === 'supermask') return undefined;
  if (schedule.type === 'lottery') return lotteryFault(schedule, key, epochs);
  const { layers = {}, regrow } = schedule;
  if (Object.keys(layers).length > 0 && SHARING.includes(scope))
    return `${key}.layers: expected none with scope "${scope}", which cuts all layers together; use scope "layer"`;
  if (regrow?.end !== undefined && regrow.end > epochs)
    return `${key}.regrow.end: expected at most the ${epochs} epochs of recover, got ${regrow.end}`;
  const own = Object.entries(layers).map(([pattern, each]) =>
    rangeFault(each, `${key}.layers.${pattern}`, epochs),
  );
  return [rangeFault(schedule, key, epochs), ...own].find((fault) => fault !== undefined);
}

/** Scopes in which layers share one sparsity, so that one progress holds for all. */
const SHARING = ['global', 'lamp', 'sensitivity', 'latency'];

function withoutTraining({ type, ...rest }: ScheduleOptions, key: string): string | undefined {
  if (type === 'lottery' || type === 'supermask')
    return `${key}.type: expected a schedule without training, got "${type}", which trains; add recover, with its epochs`;
  if ('regrow' in rest && rest.regrow)
    return `${key}.regrow: expected none without training; add recover, with its epochs`;
  return undefined;
}

function lotteryFault(
  { rewind, epoch }: Extract<ScheduleOptions, { type: 'lottery' }>,
  key: string,
  epochs: number,
): string | undefined {
  if (rewind === 'early' && epoch === undefined)
    return `${key}.epoch: expected the epoch that rewind "early" goes back to, got nothing`;
  if (rewind !== 'early' && epoch !== undefined)
    return `${key}.epoch: expected none with rewind "${rewind}", got ${epoch}; it is for rewind "early"`;
  if (epoch !== undefined && epoch >= epochs)
    return `${key}.epoch: expected one before the ${epochs} epochs of recover are over, got ${epoch}`;
  return undefined;
}

function rangeFault(schedule: LayerSchedule, key: string, epochs: number): string | undefined {
  if (!('begin' in schedule)) return undefined;
  const { begin } = schedule;
  const ending = 'end' in schedule ? schedule.end : undefined;
  if (begin > epochs) return `${key}.begin: expected at most the ${epochs} epochs of recover, got ${begin}`;
  if (ending !== undefined && (ending < begin || ending > epochs))
    return `${key}.end: expected an epoch in ${begin}..${epochs}, got ${ending}`;
  return undefined;
}
