export { ARCHITECTURES, buildArchitecture, isArchitecture, type ArchitectureName } from './table.js';
export { Network, samePads, type Activation } from './network.js';
