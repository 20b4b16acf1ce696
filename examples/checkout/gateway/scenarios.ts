// The carts that the gateway's URLs stand for. Nothing in the other Workers knows of scenarios: what goes wrong there
// goes wrong because of what is in the cart.
import type { Order } from '../order.ts'

type Cart = Omit<Order, 'id'>

const normal: Cart = {
  email: 'ariadne@example.com',
  card: '4242424242424242',
  total: 86.4,
  country: 'GR',
  cardCountry: 'GR',
  items: [
    { sku: 'sku-7', quantity: 2 },
    { sku: 'sku-42', quantity: 1 },
  ],
}

export const scenarios: { readonly [name: string]: Cart | undefined } = {
  normal,
  /** Scanned barcodes: no index serves the query that looks for them. */
  'slow-inventory': {
    ...normal,
    items: normal.items.map((item) => ({ ...item, barcode: `40${item.sku.slice(4).padStart(6, '0')}` })),
  },
  /** The processor is not available at the first try. */
  'payment-retry': { ...normal, card: '4000000000000119' },
  /** The processor never answers. */
  'payment-timeout': { ...normal, card: '4000000000000341' },
  /** A big order, shipped away from where the card is at home. */
  'fraud-declined': { ...normal, total: 4900, country: 'AQ' },
  /** An ordinary cart, for many at once. */
  burst: normal,
}
