import { testFaults } from './fault.js';
import { SURROUNDINGS } from './surroundings.js';

testFaults(SURROUNDINGS);
