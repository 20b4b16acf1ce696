// In: a number of requests (default 50,000). Out: where every span of theirs went; fails when one is not accounted for.
import { soak } from '../test/flush/soak.ts'

const report = await soak(Number(process.argv[2] ?? 50_000))
console.log(report)
const { missing, twice, unknown, wrong, heap } = report
const isSound = missing === 0 && twice === 0 && unknown === 0 && wrong === 0
// A leak of one object a request would be megabytes by now.
const isFlat = heap[1] < heap[0] + 4_000_000
console.log(`spans ${isSound ? 'all accounted for' : 'NOT accounted for'}; heap ${isFlat ? 'flat' : 'NOT flat'}`)
process.exit(isSound && isFlat ? 0 : 1)
