"""What the files of a server say before anybody meets it: gitlab.rb, nginx, compose, the registry's configuration."""
