// In: nothing. Out: what the gateway can be asked for, and the spans that each request must lead to.
// Must stay true: a line of a tree is what `lineOf` makes of a span; siblings may come in any order.

export interface Scenario {
  /** The end of its URL: /checkout/NAME. */
  readonly name: string
  readonly about: string
  /** How many requests at once. */
  readonly requests: number
  /** How it may end. */
  readonly outcomes: readonly Outcome[]
}

export interface Outcome {
  readonly status: number
  /** One span a line, two spaces a level: service, kind, name, `→` whom a client calls, `✗` for an error. */
  readonly tree: string
}

/** Up to the point where goods are reserved and the risk is known; failures show on the spans of the whole way. */
const ordered = (failed = '', called = failed): string => `
gateway server GET /checkout/:scenario${failed}
  gateway internal place order
    gateway client POST → orders${called}
      orders server POST /orders${failed}
        orders client POST → inventory
          inventory server POST /reservations
            inventory internal check stock
              inventory client SELECT movements
              inventory client SELECT movements
            inventory client BATCH INSERT reservations
        orders client POST → fraud
          fraud server POST /scores
            fraud internal assess risk`

const charged = (failed = '', answered = failed): string => `
        orders client POST → payment${failed}
          payment server POST /charges${failed}
            payment internal charge card${failed}
              payment client POST → 127.0.0.1${answered}`

const retried = `
              payment client POST → 127.0.0.1 ✗`

const notified = `
        orders internal notify customer
          orders client POST → 127.0.0.1`

const paid: Outcome = { status: 200, tree: ordered() + charged() + notified }
const paidAtSecondTry: Outcome = { status: 200, tree: ordered() + charged() + retried + notified }
const unpaid: Outcome = { status: 502, tree: ordered(' ✗') + charged(' ✗') }
/** The processor began to answer in time, and no more. */
const cutOff: Outcome = { status: 502, tree: ordered(' ✗') + charged(' ✗', '') }
// A refusal is an error to the client that gets it, and none to the server that gives it.
const declined: Outcome = { status: 402, tree: ordered('', ' ✗') }

export const scenarios: readonly Scenario[] = [
  { name: 'normal', about: 'an ordinary order', requests: 1, outcomes: [paid] },
  { name: 'slow-inventory', about: 'a query without its index', requests: 1, outcomes: [paid] },
  { name: 'payment-retry', about: 'the card processor fails once', requests: 1, outcomes: [paidAtSecondTry] },
  { name: 'payment-timeout', about: 'the card processor never answers', requests: 1, outcomes: [unpaid] },
  { name: 'fraud-declined', about: 'the order is too risky', requests: 1, outcomes: [declined] },
  // On a machine that is slow enough some payments run out of time; then their traces must say so.
  { name: 'burst', about: '200 orders at once', requests: 200, outcomes: [paid, unpaid, cutOff] },
]
