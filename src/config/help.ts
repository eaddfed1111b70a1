// The text of --help.

/** Who is asked, for the texts. */
export interface Program {
  /** As called: argv[0] of SRS, e.g. `./objs/srs`. */
  readonly name: string;
  /** Three parts, printed by -v. */
  readonly version: string;
  /** Printed by -g, and the first words of the help. */
  readonly signature: string;
}

/** Ends with a newline; meant for stdout. */
export function helpText({ name, signature }: Program): string {
  return `${signature}, an SRS-compatible live streaming server for Node.js, MIT

Usage: ${name} <-h?vVgGe>|<[-t] -c filename>|<--diff running new>
Options:
   -?, -h, --help      : Show this help and exit 0.
   -v, -V, --version   : Show the version and exit 0.
   -g, -G              : Show the server signature and exit 0.
   -c filename         : Start with this configuration file.
   -e                  : Take the configuration from SRS_* environment variables, read no file.
   -t                  : Check the configuration, print what is wrong with it, exit 0 when it is good.
   --diff running new  : Print what a reload from one file to the other would change, exit 0 if it would succeed.
Without -c the server looks for conf/srs.conf, then /etc/srs/srs.conf.
For example:
   ${name} -v
   ${name} -t -c conf/srs.conf
   ${name} -c conf/srs.conf
   env SRS_LISTEN=1935 SRS_HTTP_SERVER_ENABLED=on SRS_VHOST_HTTP_REMUX_ENABLED=on ${name} -e
Signals:
   SIGHUP reload   SIGUSR1 reopen the log   SIGQUIT quit gracefully   SIGTERM, SIGINT quit
conf/full.conf documents every directive.
`;
}
