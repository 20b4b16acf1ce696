// What the Workers of this example say to each other.

export interface Item {
  readonly sku: string
  readonly quantity: number
  /** As a scanner reads it: without the dashes. An item that has one is looked up by it. */
  readonly barcode?: string
}

export interface Order {
  readonly id: string
  readonly email: string
  /** A test card: its number tells the processor what to do, see outside/server.ts. */
  readonly card: string
  readonly total: number
  /** Where the goods go, and where the card is from: ISO 3166-1 alpha-2. */
  readonly country: string
  readonly cardCountry: string
  readonly items: readonly Item[]
}

/** What fraud answers. */
export interface Risk {
  /** 0 to 100. */
  readonly score: number
  readonly declined: boolean
}

/** What payment answers. */
export interface Receipt {
  readonly charge: string
}
