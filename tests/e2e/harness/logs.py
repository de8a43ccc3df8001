"""Reads what kube-apiserver logs about requests that it refuses to authenticate."""
import ast
import re
import time

START = '"Unable to authenticate the request"'


def parse(text):
    """The errors in a piece of the log, in order. klog quotes a value as Go does, and indents one of several lines."""
    errors = []
    for found in re.finditer(re.escape(START) + r' err=(?:("(?:[^"\\]|\\.)*")|<\n((?:\t[^\n]*\n)*) >)', text):
        quoted, lines = found.groups()
        errors.append(ast.literal_eval(quoted) if quoted else "\n".join(line[1:] for line in lines.splitlines()))
    return errors


class LogReader:
    """Gives the error of one request after another; nobody else may send bad tokens meanwhile."""

    def __init__(self, path):
        self.path = path
        with open(path, "rb") as file:
            self.offset = file.seek(0, 2)

    def next(self):
        until = time.monotonic() + 10
        while time.monotonic() < until:
            with open(self.path, "rb") as file:
                file.seek(self.offset)
                data = file.read()
            text = data.decode(errors="replace")
            end = text.rfind("\n") + 1
            found = parse(text[:end])
            if found:
                self.offset += len(data[:data.rfind(b"\n") + 1])
                if len(found) > 1:
                    raise AssertionError(f"several errors for one request: {found}")
                return found[0]
            time.sleep(0.002)
        raise AssertionError("the server logged no reason")
