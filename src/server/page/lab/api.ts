import { ask, post } from '../api.js';
import type { RuntimeId } from '../runtimes.js';
import type { Device } from './device.js';

/** One model in one runtime on one device. */
export interface Result {
  model: string;
  version: string;
  runtime: RuntimeId;
  threads: number;
  median_ms: number;
  p95_ms: number;
  min_ms: number;
  /** Inferences. */
  runs: number;
  /** Fetched for it: runtime and model. */
  bytes: number;
}

export interface Measurement {
  id: number;
  created: string;
  device: Device;
  results: Result[];
}

export const sendMeasurement = (device: Device, results: readonly Result[]) =>
  post<{ id: number }>('/api/measurements', { device, results });

export async function listMeasurements(filter: { model: string; runtime: string }): Promise<Measurement[]> {
  const query = new URLSearchParams(Object.entries(filter).filter(([, value]) => value));
  return (await ask<{ measurements: Measurement[] }>(`/api/measurements?${query}`)).measurements;
}
