/** The same for tests: hooks that are registered last are called first. */
import '../../jest/modules.mjs';
import './swap.mjs';
