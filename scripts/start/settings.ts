// In: command line and environment. Out: what to start, and where it listens.
// Must stay true: a flag beats the environment; what cannot be understood is an error that says what can.
import { parseArgs } from 'node:util'

export interface Settings {
  /** Play every scenario, check what arrived, and exit. */
  readonly once: boolean
  /** Only say what can be said. */
  readonly help: boolean
  /** Ports on 127.0.0.1; 0 takes a free one. */
  readonly ports: { readonly gateway: number; readonly otlp: number; readonly outside: number }
}

export const USAGE = `npm start [-- OPTIONS]

  --once               play every scenario, check every span, exit
  --port N             the gateway       (PORT, default 8787)
  --otlp-port N        the OTLP receiver (OTLP_PORT, default 4318)
  --outside-port N     card processor and mail (OUTSIDE_PORT, default 8790)

Port 0 takes a free one.`

/** Throws, with a sentence for people, when it does not understand. */
export function readSettings(args: readonly string[], env: NodeJS.ProcessEnv): Settings {
  const { values } = parsed(args, env)
  return {
    once: values.once,
    help: values.help,
    ports: {
      gateway: port('port', values.port),
      otlp: port('otlp-port', values['otlp-port']),
      outside: port('outside-port', values['outside-port']),
    },
  }
}

function parsed(args: readonly string[], env: NodeJS.ProcessEnv) {
  const options = {
    once: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false, short: 'h' },
    port: { type: 'string', default: env['PORT'] ?? '8787' },
    'otlp-port': { type: 'string', default: env['OTLP_PORT'] ?? '4318' },
    'outside-port': { type: 'string', default: env['OUTSIDE_PORT'] ?? '8790' },
  } as const
  try {
    return parseArgs({ args: [...args], options })
  } catch (error) {
    throw new Error(`${(error as Error).message}\n\n${USAGE}`)
  }
}

function port(flag: string, text: string): number {
  const number = Number(text)
  if (!/^\d+$/.test(text) || number > 65_535) throw new Error(`--${flag} ${text} is not a port: 0 to 65535`)
  return number
}
