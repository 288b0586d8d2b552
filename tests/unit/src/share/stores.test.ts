import { groupInboxContract, watchStoreContract } from '../../../contracts/stores';
import { memoryGroupInbox, memoryWatch } from '../../../fakes/memory-stores';
import { TestClock } from '../../../fakes/test-clock';

groupInboxContract('The memory group inbox', () => {
  const clock = new TestClock();
  let monotonic = 0;
  return { inbox: memoryGroupInbox(clock, () => monotonic), clock, moveMonotonic: (ms) => void (monotonic += ms) };
});
watchStoreContract('The memory watch', () => memoryWatch());
