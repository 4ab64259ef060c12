import { Router } from 'express';
import { openapiDocument } from '../api/openapi.js';
import { operations } from '../api/operations.js';
import { mount } from '../http/mount.js';
import type { Metrics } from '../metrics.js';
import type { Readiness } from '../settings.js';

/** What operators and tools ask. */
export function serviceRoutes(metrics: Metrics, readiness: Readiness, version: string): Router {
  const router = Router();
  const document = openapiDocument(version);
  mount(router, operations.openapi, ({ response }) => void response.json(document));
  mount(router, operations.health, ({ response }) => void response.json({ status: 'ok' }));
  mount(router, operations.ready, ({ response }) => {
    const { state } = readiness;
    response.status(state === 'ok' ? 200 : 503).json({ status: state });
  });
  mount(router, operations.metrics, async ({ response }) => {
    response.type(metrics.registry.contentType).send(await metrics.registry.metrics());
  });
  return router;
}
