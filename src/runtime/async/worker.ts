/** Entry of a model's worker in a page. */
import { load } from '../index.js';
import { serve } from './serve.js';

serve(load);
