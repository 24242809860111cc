import { testFaults } from './fault.js';
import { MODEL_FILES } from './model-files.js';
import { MODEL_OUTPUT } from './model-output.js';

testFaults([...MODEL_FILES, ...MODEL_OUTPUT]);
