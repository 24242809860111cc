import { CHILD_FAULTS } from './child-faults.js';
import { testFaults } from './fault.js';

testFaults(CHILD_FAULTS);
