/** The same as one script, `lopper-model-worker.js`, beside the builds. */
import { load } from '../script.js';
import { serve } from './serve.js';

serve(load);
