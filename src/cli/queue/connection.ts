/** What coordinator and workers agree on: names of keys, the announcement of a search, and how Redis is reached. */
import type { Redis } from 'ioredis';

/** Of all keys in Redis. */
export const PREFIX = 'lopper';

/** BullMQ's queue of a search: one of other model, data or version has another. */
export const queueName = (identity: string): string => `trials-${identity.slice(0, 16)}`;

/** What BullMQ is given: workers wait for as long as it takes. */
export const connectionOf = (address: string): { url: string; maxRetriesPerRequest: null } => ({
  url: address,
  maxRetriesPerRequest: null,
});

/**
 * Connects, once.
 *
 * @throws Error that says what to do where nothing answers
 */
export async function openRedis(address: string): Promise<Redis> {
  if (!/^rediss?:\/\//.test(address))
    throw new Error(`--queue: expected an address like redis://host:6379, got ${address}`);
  const { Redis } = await import('ioredis');
  const redis = new Redis(address, {
    lazyConnect: true,
    maxRetriesPerRequest: null,
    retryStrategy: () => null,
  });
  let cause: Error | undefined;
  redis.on('error', (error: Error) => (cause ??= error));
  try {
    await redis.connect();
    redis.options.retryStrategy = (times) => Math.min(100 * times, 5000);
    return redis;
  } catch (error) {
    redis.disconnect();
    const got = (cause ?? (error as Error)).message;
    throw new Error(
      `--queue: expected a Redis server at ${address}, got: ${got}; start redis-server there, or check the address`,
      { cause: error },
    );
  }
}

/** A search that gives trials away now. */
export interface Announcement {
  identity: string;
  model: string;
  data: string;
}

/** An announcement not renewed for so long is over: its coordinator is gone. */
const LIFE_MS = 30_000;
const keyOf = (identity: string): string => `${PREFIX}:search:${identity}`;

/** Tells workers of a search until it is stopped. */
export async function announce(redis: Redis, search: Announcement): Promise<() => Promise<void>> {
  const key = keyOf(search.identity);
  const tell = (): Promise<unknown> => redis.set(key, JSON.stringify(search), 'PX', LIFE_MS);
  await tell();
  const timer = setInterval(() => void tell().catch(() => undefined), LIFE_MS / 3);
  return async () => {
    clearInterval(timer);
    await redis.del(key);
  };
}

/** All searches that give trials away now. */
export async function announced(redis: Redis): Promise<Announcement[]> {
  const keys = await redis.keys(keyOf('*'));
  const texts = keys.length > 0 ? await redis.mget(keys) : [];
  return texts.flatMap((text) => (text === null ? [] : [JSON.parse(text) as Announcement]));
}
