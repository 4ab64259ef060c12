export * from './graph.js';
export * from './lookup.js';
export * from './order.js';
export * from './edit.js';
export * from './validate.js';
export * from './transpose.js';
export * from './graph-index.js';
