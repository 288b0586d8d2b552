/** Runs the recorded behaviour of the real host first, since it takes longest and mostly waits: all else runs beside it. */
const { default: Sequencer } = require('@jest/test-sequencer');

module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    const sorted = super.sort(tests);
    const isLongest = (test) => test.path.endsWith('golden.test.js');
    return [...sorted.filter(isLongest), ...sorted.filter((test) => !isLongest(test))];
  }
};
