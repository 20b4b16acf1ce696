// The Worker of the network's bindings without clew.
export { network as default } from './network.ts'
