export { layersAndBlocks, removables, takeOut, type Removable } from './blocks.js';
export { removeChannels } from './channels.js';
export { unitGroups, type UnitGroup } from './groups.js';
export { removeLayers } from './layers.js';
export { removeUnits } from './remove.js';
export { structureContradiction, structureSchema, type StructureOptions } from './schema.js';
export { structureStage } from './stage.js';
export { Units } from './units.js';
