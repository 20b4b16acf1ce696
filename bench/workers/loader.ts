// Loads the Worker it is asked for into a fresh isolate at every request, and passes the request on.
interface Env {
  readonly CODE: string
  readonly OTLP_URL: string
  readonly FLAGS: string
  readonly LOADER: {
    get(name: string, load: () => Promise<object>): { getEntrypoint(): { fetch(request: Request): Promise<Response> } }
  }
}

export default {
  fetch(request: Request, env: Env): Promise<Response> {
    const load = async (): Promise<object> => ({
      compatibilityDate: '2026-07-28',
      compatibilityFlags: env.FLAGS ? [env.FLAGS] : [],
      mainModule: 'worker.js',
      modules: { 'worker.js': env.CODE },
      env: { OTLP_URL: env.OTLP_URL },
    })
    return env.LOADER.get(request.url, load).getEntrypoint().fetch(request)
  },
}
