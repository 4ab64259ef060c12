import { Router } from 'express';
import { operations } from '../api/operations.js';
import { measurementRequestSchema } from '../api/schemas.js';
import { readJson } from '../http/body.js';
import { HttpError, parse } from '../http/errors.js';
import { mount } from '../http/mount.js';
import { perMinute } from '../http/rate-limits.js';
import { measurementsCsv } from '../lab/csv.js';
import type { MeasurementStore } from '../lab/store.js';

/** 200 results of 1 KB. */
const BODY_LIMIT = 256 * 1024;

export interface LabOptions {
  /** Absent: this server keeps no measurements. */
  store?: MeasurementStore;
  perMinute: number;
  onMeasured(): void;
}

/** The device lab: what visitors' devices measured. */
export function measurementRoutes({ store, perMinute: rate, onMeasured }: LabOptions): Router {
  const router = Router();
  const opened = (): MeasurementStore => {
    if (store) return store;
    throw new HttpError(503, 'measurements: expected a server with a data folder, got one without');
  };
  mount(router, operations.addMeasurement, perMinute(rate), async ({ request, response }) => {
    const measured = parse(measurementRequestSchema, await readJson(request, BODY_LIMIT), 'body');
    const id = opened().add(measured);
    onMeasured();
    response.status(201).json({ id });
  });
  mount(router, operations.listMeasurements, ({ response, query }) => {
    response.set('Cache-Control', 'no-store').json({ measurements: opened().list(query) });
  });
  mount(router, operations.exportCsv, ({ response, query }) => {
    response
      .type('text/csv')
      .attachment('lopper-measurements.csv')
      .send(measurementsCsv(opened().list(query)));
  });
  mount(router, operations.exportJson, ({ response, query }) => {
    response.attachment('lopper-measurements.json').json({ measurements: opened().list(query) });
  });
  return router;
}
