import { createMemoryImageIndex } from '../../src/drivers/memory/memory-image-index.ts';
import { describeImageIndex } from './image-index.contract.ts';

describeImageIndex('memory', async () => ({ index: createMemoryImageIndex(), close: async () => {} }));
