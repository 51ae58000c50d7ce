// A person with a browser, as far as plain HTTP goes: follows redirects, keeps
// cookies, fills in forms. The pages work without script, so this is all it takes.

const hidden = /<input type="hidden" name="([^"]*)" value="([^"]*)"/g;
const plain = (s) => s.replaceAll('&#34;', '"').replaceAll('&#39;', "'").replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

export class Person {
  #cookies = new Map();

  constructor(home) {
    this.home = home;
  }

  async #send(address, init = {}) {
    const headers = { ...init.headers, cookie: [...this.#cookies].map(([k, v]) => `${k}=${v}`).join('; ') };
    const response = await fetch(address, { ...init, headers, redirect: 'manual' });
    // Node 18 has no getSetCookie and joins the lines; a comma inside one (a date) is followed by no name and "=".
    const lines = response.headers.getSetCookie?.() ?? (response.headers.get('set-cookie') ?? '').split(/,\s*(?=[^;,=\s]+=)/).filter(Boolean);
    for (const line of lines) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      this.#cookies.set(name, value);
    }
    return response;
  }

  // open loads an address and follows it until a page is there, or until it leads
  // away from the console: then that address is the answer.
  async open(address, init) {
    for (let hops = 0; hops < 30; hops++) {
      const response = await this.#send(address, init);
      init = undefined;
      const to = response.headers.get('location');
      if (to) {
        address = new URL(to, address).href;
        if (!address.startsWith(this.home + '/')) return { away: new URL(address) };
        continue;
      }
      const body = await response.text();
      const refresh = /^(\d+)(?:; url=(.*))?$/.exec(response.headers.get('refresh') ?? '');
      if (refresh?.[2]) return { away: new URL(refresh[2]) };
      if (refresh) { // the page says when to look again
        await new Promise((done) => setTimeout(done, refresh[1] * 1000));
        continue;
      }
      return { status: response.status, address, body };
    }
    throw new Error(`${address} leads round and round`);
  }

  // send fills in the form of a page that posts to action.
  async send(page, action, fields) {
    const from = page.body?.indexOf(`action="${action}"`) ?? -1;
    if (from < 0) throw new Error(`no form to ${action} on ${page.address ?? page.away} (${page.status})\n${page.body?.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ')}`);
    const form = page.body.slice(from, page.body.indexOf('</form>', from));
    const values = new URLSearchParams();
    for (const [, name, value] of form.matchAll(hidden)) values.append(plain(name), plain(value));
    for (const [name, value] of fields) values.append(name, value);
    return this.open(this.home + action, {
      method: 'POST', body: values,
      headers: { origin: this.home, 'sec-fetch-site': 'same-origin' },
    });
  }

  async signIn(page, email, password) {
    return this.send(page, '/sign-in', [['email', email], ['password', password]]);
  }
}
